"""What was learnt."""

from shouhou.knowledge.models.articles import Article, ArticleVersion, Audience, Use, Vote
from shouhou.knowledge.models.compilations import Compilation
from shouhou.knowledge.models.terms import SearchTerm, SearchText

__all__ = ["Article", "ArticleVersion", "Audience", "Compilation", "SearchTerm", "SearchText", "Use", "Vote"]
