"""What people take away: tables for spreadsheet programs (XLSX) and papers to print (PDF)."""

from .pdf import A4, LABEL, Paper, PaperColumn
from .sheets import Sheet

__all__ = ["A4", "LABEL", "Paper", "PaperColumn", "Sheet"]
