"""Tells English from other languages."""

from functools import cache
from typing import Any

_READ = 300  # characters that are judged
_UNLIKELY = 0.02  # of 6,666 English sentences of news, abstracts and forum posts, 2 lie below
_IMPOSSIBLE = 0.001  # a few words say little
_CLEAR = 0.5  # of another language, where a single sentence is refused
_NAMES = """
af Afrikaans, am Amharic, ar Arabic, ary Arabic, arz Arabic, az Azerbaijani, be Belarusian, bg
Bulgarian, bn Bengali, br Breton, bs Bosnian, ca Catalan, cs Czech, cy Welsh, da Danish, de German,
el Greek, eo Esperanto, es Spanish, et Estonian, eu Basque, fa Persian, fi Finnish, fo Faroese, fr
French, fy Frisian, ga Irish, gd Scottish Gaelic, gl Galician, grc Ancient Greek, gu Gujarati, ha
Hausa, he Hebrew, hi Hindi, hr Croatian, ht Haitian Creole, hu Hungarian, hy Armenian, id
Indonesian, ig Igbo, is Icelandic, it Italian, ja Japanese, jv Javanese, ka Georgian, kk Kazakh, km
Khmer, kn Kannada, ko Korean, ku Kurdish, ky Kyrgyz, la Latin, lb Luxembourgish, lo Lao, lt
Lithuanian, lv Latvian, mg Malagasy, mk Macedonian, ml Malayalam, mn Mongolian, mr Marathi, ms
Malay, mt Maltese, my Burmese, ne Nepali, nl Dutch, nn Norwegian, no Norwegian, oc Occitan, pa
Punjabi, pl Polish, ps Pashto, pt Portuguese, qu Quechua, ro Romanian, ru Russian, rw Kinyarwanda,
sa Sanskrit, si Sinhala, sk Slovak, sl Slovenian, so Somali, sq Albanian, sr Serbian, sv Swedish, sw
Swahili, ta Tamil, te Telugu, tg Tajik, th Thai, tl Tagalog, tr Turkish, tt Tatar, ug Uyghur, uk
Ukrainian, ur Urdu, vi Vietnamese, wuu Chinese, xh Xhosa, yo Yoruba, yue Cantonese, zh Chinese, zu
Zulu
"""


def is_english(text: str) -> bool:
    """Whether the beginning of a text may be English; in doubt, it is."""
    start = text[:_READ]
    return not start or dict(_identifier().rank(start))["en"] >= _bound(start)


def other_language(sentence: str) -> str:
    """The name of the language of a sentence that is not English; "" for English, and in doubt.

    Names of people and places make an English sentence look foreign, so another language must be clear too.
    """
    start = sentence[:_READ]
    ranked = _identifier().rank(start)
    code, share = ranked[0]
    english = dict(ranked)["en"]
    if english >= _IMPOSSIBLE and (english >= _UNLIKELY or share < _CLEAR):
        return ""
    return _names().get(code, f"another language ({code})")


def _bound(start: str) -> float:
    return _UNLIKELY if len(start.split()) > 4 else _IMPOSSIBLE


@cache
def _names() -> dict[str, str]:
    entries = (entry.partition(" ") for entry in " ".join(_NAMES.split()).split(", "))
    return {code: name for code, _, name in entries}


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
