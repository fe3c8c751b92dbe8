"""transformers draws a bar for each model that it loads; commands show bars of their own."""


def hide_progress_bars() -> None:
    """No bars of transformers in this process."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
