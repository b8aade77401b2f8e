"""Ways to reach people outside: mail, short messages, robots in the groups of the staff."""
