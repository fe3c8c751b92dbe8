"""Money and measures: a sign, an abbreviation or a word → its unit and how many of it one is.

"5 km" and "5,000 metres" are both 5000 metres, "90 minutes" and "1.5 hours" both 1.5 hours. Units that are
not listed (people, points) are not read. Pounds are always money; "degrees" without a scale say nothing.
"""

import sys
import unicodedata
from fractions import Fraction

Unit = tuple[str, Fraction]

_MONEY = """
    $: dollar dollars buck bucks usd
    €: euro euros eur
    £: pound pounds quid gbp
    ¥: yen jpy
    ₹: rupee rupees inr rs rs.
    ₽: ruble rubles rouble roubles rub
    ₩: krw
    yuan: yuan renminbi rmb cny
    chf: chf
    sek: sek
    nok: nok
    dkk: dkk
    pln: pln zloty
    a$: aud
    ca$: cad
    hk$: hkd
    nz$: nzd
    s$: sgd
"""
_DOLLARS = {
    "us": "$",
    "u.s.": "$",
    "american": "$",
    "australian": "a$",
    "canadian": "ca$",
    "hong kong": "hk$",
    "new zealand": "nz$",
    "singapore": "s$",
}
_SAME_SIGN = {"us$": "$", "au$": "a$", "c$": "ca$", "cn¥": "yuan", "jp¥": "¥", "rmb": "yuan"}
# Each line: the unit, then what counts as how many of it. Words are read in any case.
_WORDS = """
    % 1 % percent per·cent pct
    pp 1 percentage·point percentage·points
    ‰ 1 ‰ permille per·mille
    $ 1/100 cent cents ¢
    £ 1/100 penny pence
    hour 1/3600 sec secs second seconds
    hour 1/60 min mins minute minutes
    hour 1 hr hrs hour hours
    hour 24 day days
    hour 168 wk wks week weeks
    month 1 month months mth mths
    month 12 yr yrs year years
    month 120 decade decades
    month 1200 century centuries
    m 1/1000 mm millimetre millimetres millimeter millimeters
    m 1/100 cm centimetre centimetres centimeter centimeters
    m 1 metre metres meter meters
    m 1000 km kms kilometre kilometres kilometer kilometers kph kmh km/h
    inch 1 inch inches ″
    inch 12 ft foot feet ′
    inch 36 yd yds yard yards
    inch 63360 mile miles mph
    m^2 1 square·metre square·metres square·meter square·meters sq·m sqm m^2
    m^2 1000000 square·kilometre square·kilometres square·kilometer square·kilometers sq·km km^2
    ft^2 1 square·foot square·feet sq·ft sqft ft^2
    mile^2 1 square·mile square·miles sq·mi
    m^3 1 cubic·metre cubic·metres cubic·meter cubic·meters m^3
    g 1/1000 mg milligram milligrams
    g 1 gram grams gramme grammes
    g 1000 kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes
    g 1000000 tonne tonnes
    ton 1 ton tons
    lb 1 lb lbs
    lb 1/16 oz ounce ounces
    litre 1/1000 ml millilitre millilitres milliliter milliliters
    litre 1/100 cl centilitre centilitres
    litre 1 litre litres liter liters
    gallon 1 gal gallon gallons
    kb 1 kb kilobyte kilobytes
    mb 1 mb megabyte megabytes
    gb 1 gb gig gigs gigabyte gigabytes
    tb 1 tb terabyte terabytes
    hz 1 hz hertz
    hz 1000 khz kilohertz
    hz 1000000 mhz megahertz
    hz 1000000000 ghz gigahertz
    kwh 1 kwh kilowatt·hour kilowatt·hours
    w 1 watt watts
    w 1000 kw kilowatt kilowatts
    w 1000000 megawatt megawatts
    w 1000000000 gw gigawatt gigawatts
    v 1 volt volts
    db 1 db decibel decibels
    kcal 1 kcal calorie calories
    px 1 px pixel pixels
    mp 1 mp megapixel megapixels
    mah 1 mah
    mbps 1 mbps
    rpm 1 rpm
    bpm 1 bpm
    psi 1 psi
    °c 1 °c celsius centigrade degrees·celsius degrees·c degree·celsius
    °f 1 °f fahrenheit degrees·fahrenheit degrees·f degree·fahrenheit
    - 1 ° deg degree degrees x
"""
# Abbreviations that are words or other units elsewhere, so they are read in this case only.
_SHORT = "m:m 1, h:hour 1, g:g 1, l:litre 1, L:litre 1, W:w 1, MW:w 1000000, V:v 1"
_ONLY_GLUED = "in:inch 1, mi:inch 63360, p:£ 1/100"


def _table(entries: str) -> dict[str, Unit]:
    pairs = (entry.strip().split(":") for entry in entries.split(","))
    return {name: (unit, Fraction(factor)) for name, text in pairs for unit, factor in [text.split()]}


SHORT = _table(_SHORT)
GLUED = SHORT | _table(_ONLY_GLUED)  # directly behind the digits
_ISO_AND_WORDS = {
    name: (line.split(":")[0].strip(), Fraction(1))
    for line in _MONEY.strip().splitlines()
    for name in line.split(":")[1].split()
}
_MEASURES = {
    name.replace("·", " "): (unit.removeprefix("-"), Fraction(factor))
    for unit, factor, *names in (line.split() for line in _WORDS.strip().splitlines())
    for name in names
}
_COUNTRIES = {
    f"{country} {noun}": (unit, Fraction(1))
    for country, unit in _DOLLARS.items()
    for noun in ("dollar", "dollars")
}
SIGNS = "".join(
    chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Sc" and c != 0xA2
)
WORDS: dict[str, Unit] = {
    **_MEASURES,
    **_ISO_AND_WORDS,
    **_COUNTRIES,
    **{sign: (sign, Fraction(1)) for sign in SIGNS},
}
MONEY = frozenset({unit for unit, _ in _ISO_AND_WORDS.values()} | set(_DOLLARS.values()) | set(SIGNS))
CODES = [name.upper() for name in _ISO_AND_WORDS if len(name) == 3 and name != "yen"] + ["Rs.", "Rs"]


def unit(text: str) -> Unit:
    """The unit that `text` names: one of `GLUED`, or of `WORDS` in any case."""
    return GLUED.get(text) or WORDS[" ".join(text.lower().replace("-", " ").split())]


def money(sign: str) -> str:
    """The unit of a sign or code before an amount: "US$" → "$", "EUR" → "€"."""
    sign = sign.lower()
    return _SAME_SIGN.get(sign) or WORDS.get(sign, (sign, 1))[0]
