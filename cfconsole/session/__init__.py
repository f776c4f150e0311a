"""When and in what order: every task, timer, retry and clock of the console lives here."""
