"""Attribution: which code path last wrote each row, and by which clues."""
