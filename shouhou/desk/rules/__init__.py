"""Reading a workbook cell by cell: pure functions without ORM."""
