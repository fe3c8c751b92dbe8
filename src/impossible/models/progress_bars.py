"""Hides the progress bars of transformers, since commands show their own."""


def hide_progress_bars() -> None:
    """Disable the progress bars of transformers in this process."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
