"""What is no English prose: other languages, by name, and code."""

import pytest

from impossible.text.code import is_code
from impossible.text.language import is_english, other_language

FOREIGN = """
German: Das Haus ist sehr groß und alt. | Wir treffen uns morgen um zehn Uhr am Bahnhof. | Der Zug war schon weg.
French: Le chat est grand. | Merci beaucoup pour votre aide. | Les prix ont augmenté de cinq pour cent.
Spanish: El gato es muy grande y rojo. | No puedo abrir mi cuenta desde ayer.
Italian: Il presidente ha incontrato i ministri a Roma. | Non riesco a trovare le mie chiavi.
Portuguese: Não consigo encontrar as minhas chaves. | O preço subiu cinco por cento.
Dutch: Ik ga naar huis met de trein. | De prijs is met vijf procent gestegen.
Polish: Nie mogę znaleźć moich kluczy.
Swedish: Jag kan inte hitta mina nycklar.
Turkish: Anahtarlarımı bulamıyorum, lütfen yardım edin.
Russian: Это большой красный дом.
Chinese: 这是一个句子。
Greek: Το σπίτι είναι μεγάλο και παλιό.
"""
CASES = [
    (language, sentence.strip())
    for language, _, rest in (line.partition(": ") for line in FOREIGN.strip().splitlines())
    for sentence in rest.split("|")
]
ENGLISH = [
    "I do.",
    "Hello there.",
    "Mayor visits Rio de Janeiro",
    "José María Aznar met Angela Merkel in Madrid.",
    "C'est la vie, he said.",
    "Barack Obama visited Berlin.",
    "Dear {customer}, your <b>order</b> of %s is on its way.",
    "Press (or hold) the key; then wait: it takes 3-4 seconds.",
    "The page(s) of the file a_b.txt were lost.",
    "E = mc2 is a famous equation.",
    "Select one item from the list, and import it; the class is full.",
    "If x > 3, return the car (for free).",
    "He scored 4 - 2 = 2 points & won.",
]
CODE = [
    "def f(x): return x + 1",
    "for (int i = 0; i < n; i++) { sum += a[i]; }",
    "SELECT * FROM users WHERE id = 3;",
    "import numpy as np",
    "from os import path",
    "#include <stdio.h>",
    "print(total)",
    "const total = items.map(x => x.price);",
    '{"name": "Ann", "age": 3}',
    "x = rows[0] + 1",
    "if (a == b && c != d) {\n  run(a);\n}",
    "class Cat:\n    def speak(self):\n        return 'miau'",
]


@pytest.mark.parametrize(("language", "sentence"), CASES, ids=[sentence for _, sentence in CASES])
def test_another_language_is_named(language: str, sentence: str) -> None:
    assert other_language(sentence) == language


@pytest.mark.parametrize("sentence", ENGLISH)
def test_english_is_neither_another_language_nor_code(sentence: str) -> None:
    assert other_language(sentence) == "" and not is_code(sentence)


@pytest.mark.parametrize("text", CODE)
def test_code_is_told_from_prose(text: str) -> None:
    assert is_code(text)


def test_a_corpus_is_judged_by_the_beginning_of_a_text() -> None:
    assert is_english("The cat is big and red. " * 3) and not is_english("Das Haus ist groß und alt. " * 3)
    assert is_english("")
