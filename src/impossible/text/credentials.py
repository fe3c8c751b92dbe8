"""API keys, tokens, private keys and passwords in text.

The beginnings of keys are those that their issuers document, so that leaked ones can be found; GitHub's
"supported secret scanning patterns" lists the issuers. Every pattern is bounded or begins where a word does,
so the time is linear in the text.
"""

import re

_KEYS = (
    r"A(?:KIA|SIA)[A-Z0-9]{16}",  # AWS
    r"AIza[\w-]{35}",  # Google
    r"gh[oprsu]_[A-Za-z0-9]{36}|github_pat_\w{60,}",  # GitHub
    r"glpat-[\w-]{20}",  # GitLab
    r"hf_[A-Za-z]{34}",  # Hugging Face
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-[\w-]{50,}",
    r"sk-(?:ant-|proj-)?[\w-]{32,}",  # Anthropic, OpenAI
    r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",  # Stripe
    r"SG\.[\w-]{22}\.[\w-]{43}",  # SendGrid
    r"xox[abeprs]-[A-Za-z0-9-]{20,}",  # Slack
    r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",  # a JSON web token, RFC 7519
)
_KEY = re.compile(rf"(?<![\w-])(?:{'|'.join(_KEYS)})", re.ASCII)
_PEM = re.compile(r"-----BEGIN (?:[A-Z]{1,12} ){0,3}PRIVATE KEY")
_BEARER = re.compile(r"\bBearer [\w.~+/-]{20,}=*", re.ASCII)
_IN_ADDRESS = re.compile(r"://[^\s/:@]{1,64}:[^\s/:@]{1,64}@")
# "password is X", "api_key = X"
_NAMED = re.compile(
    r"(?:pass(?:word|wd|phrase|code)|\bpwd|\bpin(?: code)?|secret(?:[ _-]key)?|"
    r"(?:api|access)[ _-]?key|token)"
    r"(?:\s{0,3}[:=]|\s(?:is|was|to)\b)\s{0,3}[\"'`]?(\S{4,80})",
    re.IGNORECASE,
)
_MARK = re.compile(r"(?=.*[A-Za-z])(?=.*[\d_!#$%^&*+=?@~])")


def has_secret(text: str) -> bool:
    """Whether there is a key, a token, a private key or a password."""
    return any(pattern.search(text) for pattern in (_KEY, _PEM, _BEARER, _IN_ADDRESS)) or any(
        _is_password(match[1].rstrip("\"'`.,;:!?)")) for match in _NAMED.finditer(text)
    )


def _is_password(value: str) -> bool:
    """Whether a value is no English word: digits alone, or letters with a digit or a mark inside."""
    return len(value) >= 4 and (value.isdecimal() or bool(_MARK.match(value)))
