"""The models that metrics read: each loaded when a metric first asks for it, named in every output."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..models.locate import digest, locate

if TYPE_CHECKING:
    from ..critics.base import Critics
    from ..critics.nli import Nli
    from ..critics.parser import ParsedSentences
    from ..critics.similarity import Similarity
    from .bertscore import BertScore
    from .syntax import Syntax


ENCODER, NLI, PARSER = "embedded:minilm-l6", "embedded:nli", "embedded:en-core-web-sm"


@dataclass(frozen=True)
class Models:
    """An encoder (similarity, BERTScore), an NLI model and a spaCy parser: hub id, folder or embedded:NAME.

    `layer` is the encoder's layer for BERTScore, None its last. The properties raise ModelError.
    """

    encoder: str = ENCODER
    nli: str = NLI
    parser: str = PARSER
    layer: int | None = None
    device: str = "cpu"
    threads: int = 0

    def names(self) -> dict[str, str]:
        """What settings of metrics are filled in with."""
        layer = "last layer" if self.layer is None else f"layer {self.layer}"
        return {"encoder": self.encoder, "nli": self.nli, "parser": self.parser, "layer": layer}

    def digests(self) -> dict[str, str]:
        """The digest of each model that was opened; none of a parser that spaCy finds by its own name."""
        opened = {"bertscore": self.encoder, "similarity": self.encoder, "entailment": self.nli}
        if self.parser.startswith("embedded:"):
            opened["parsed"] = self.parser
        return {model: digest(model) for name, model in opened.items() if name in self.__dict__}

    @cached_property
    def bertscore(self) -> "BertScore":
        """BERTScore on the encoder."""
        from .bertscore import BertScore

        return BertScore(locate(self.encoder), self.layer, self.device)

    @cached_property
    def similarity(self) -> "Similarity":
        """Cosine of sentence embeddings of the encoder."""
        from ..critics.similarity import Similarity

        return Similarity(locate(self.encoder), self.device)

    @cached_property
    def entailment(self) -> "Nli":
        """p(entailment) of the NLI model."""
        from ..critics.nli import Nli

        return Nli(locate(self.nli), self.threads, device=self.device)

    @cached_property
    def critics(self) -> "Critics":
        """The default models' critics, whatever the other models are, each opened when it is asked for."""
        from ..critics import LazyCritics
        from ..recipe.critics import Score
        from ..recipe.execution import Execution

        return LazyCritics(Score(), Execution(device=self.device, threads=self.threads))

    @cached_property
    def parsed(self) -> "ParsedSentences":
        """The parser, behind a cache."""
        from ..critics.parser import ParsedSentences, load_parser

        return ParsedSentences(load_parser(self.parser))

    @cached_property
    def syntax(self) -> "Syntax":
        """Tree edit distances on the parser's trees."""
        from .syntax import Syntax

        return Syntax(self.parsed)
