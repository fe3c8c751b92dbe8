"""The models of metrics, each loaded on first use and named in every report."""

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
        """The values of the placeholders in the metrics' settings."""
        layer = "last layer" if self.layer is None else f"layer {self.layer}"
        return {"encoder": self.encoder, "nli": self.nli, "parser": self.parser, "layer": layer}

    def digests(self) -> dict[str, str]:
        """The digest of each loaded model; parsers outside `embedded:` have none."""
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
        """The critics of the default recipe, whichever models are chosen here; each loads on first use."""
        from ..critics import LazyCritics
        from ..recipe.critics import Score
        from ..recipe.execution import Execution

        return LazyCritics(Score(), Execution(device=self.device, threads=self.threads))

    @cached_property
    def parsed(self) -> "ParsedSentences":
        """The parser with a cache of parses."""
        from ..critics.parser import ParsedSentences, load_parser

        return ParsedSentences(load_parser(self.parser))

    @cached_property
    def syntax(self) -> "Syntax":
        """Tree edit distances on the parser's trees."""
        from .syntax import Syntax

        return Syntax(self.parsed)
