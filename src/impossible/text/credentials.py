"""API keys, tokens, private keys and passwords in text.

The beginnings of keys are those that their issuers document, so that leaked ones can be found; GitHub's
"supported secret scanning patterns" lists the issuers. Every pattern is bounded or begins where a word does,
so the time is linear in the text.
"""

import re

_KEYS = (
    r"A(?:GPA|IDA|IPA|KIA|NPA|NVA|ROA|SIA)[A-Z0-9]{16}",  # AWS
    r"AIza[\w-]{35}",  # Google
    r"gh[oprsu]_[A-Za-z0-9]{36}|github_pat_\w{60,}",  # GitHub
    r"glpat-[\w-]{20}",  # GitLab
    r"hf_[A-Za-z]{34}",  # Hugging Face
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-[\w-]{50,}",
    r"sk-(?:ant-|proj-)?[\w-]{32,}",  # Anthropic, OpenAI
    r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",  # Stripe
    r"SG\.[\w-]{22}\.[\w-]{43}",  # SendGrid
    r"dapi[0-9a-f]{32}",  # Databricks
    r"NRAK-[A-Z0-9]{27}",  # New Relic
    r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
    r"\d{8,10}:AA[\w-]{30,}",  # Telegram
    r"(?:[sp]k|key|api|token)[-_](?:live[-_]|test[-_])?[A-Za-z0-9]{24,}",  # many
    r"xox[abeprs]-[A-Za-z0-9-]{20,}",  # Slack
    r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",  # a JSON web token, RFC 7519
)
_KEY = re.compile(rf"(?<![\w-])(?:{'|'.join(_KEYS)})", re.ASCII)
# Keys of any issuer: letters and digits by chance, as no word, name or number has them.
_BY_CHANCE = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])(?=(?:[A-Za-z]*\d){2})[A-Za-z0-9]{20,512}(?![A-Za-z0-9])",
    re.ASCII,
)
_HEX = re.compile(r"(?<![A-Za-z0-9])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{32,512}(?![A-Za-z0-9])")
_CHECKSUM = re.compile(r"\b(?:commit|revision|hash|checksum|digest|md5|sha-?\d{1,3})\b", re.IGNORECASE)
_BEFORE = 30  # characters read before a number in hexadecimal
_PEM = re.compile(r"-----BEGIN (?:[A-Z]{1,12} ){0,3}PRIVATE KEY|PuTTY-User-Key-File-\d")
_HEADER = re.compile(r"\b(?:Bearer|Basic) [\w.~+/-]{20,}=*", re.ASCII)
_IN_ADDRESS = re.compile(r"://[^\s/:@]{1,64}:[^\s/:@]{1,64}@")
# "password is X", "api_key = X"
_NAMED = re.compile(
    r"(?:pass(?:word|wd|phrase| ?code)?|\bpwd?|\bpin(?: code)?|secret(?:[ _-]key)?|code ?word|"
    r"(?:api|access)[ _-]?key|token)\b[\"']?(?: (?:for|of|to|on) \w{1,20}(?: \w{1,20}){0,2})?"
    r"(?:\s{0,3}[:=]|\s(?:is|was|to)(?: now)?\b)\s{0,3}[\"'`]?(\S{4,80})",
    re.IGNORECASE,
)
_MARK = re.compile(r"(?=.*[A-Za-z])(?=.*[\d_!#$%^&*+=?@~])")


def has_secret(text: str) -> bool:
    """Whether there is a key, a token, a private key or a password."""
    return (
        any(pattern.search(text) for pattern in (_KEY, _BY_CHANCE, _PEM, _HEADER, _IN_ADDRESS))
        or any(_is_password(match[1].rstrip("\"'`.,;:!?)")) for match in _NAMED.finditer(text))
        or any(
            not _CHECKSUM.search(text, max(0, match.start() - _BEFORE), match.start())
            for match in _HEX.finditer(text)
        )
    )


def _is_password(value: str) -> bool:
    """Whether a value is no English word: digits alone, or letters with a digit or a mark inside."""
    return len(value) >= 4 and (value.isdecimal() or bool(_MARK.match(value)))
