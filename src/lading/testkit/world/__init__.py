"""The parts of a generated project-finance firm: deals, wording, documents, hostile names, plan and records."""
