"""Long work that people watch: a row beside a job, with progress, cancel, resume and a result file."""
