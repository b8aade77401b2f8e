"""Pages of help: the index, an article, and what explains the page somebody looks at."""

from __future__ import annotations

from typing import Any

from flask import redirect, request

from zhanggui.api import Forbidden, NotFound, Reader, View, _, _l, articles, current_actor, expose, reader_at_work, signed_in

from . import shelf
from .permissions import ARTICLE

RIGHTS = "core.rights"  # the article about who may do what


class HelpView(View):
    """For whoever has signed in."""

    route_base = "/help"
    class_permission_name = ARTICLE

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Everything that there is to read, by whose it is."""
        reader = _reader()
        return self.render("help/index.html", title=_("Help"), key="help.Article.index", groups=shelf.groups(reader), tours=shelf.tours_for(reader))

    @expose("/a/<ref>")
    @signed_in
    def article(self, ref: str) -> Any:
        """One article, with the labels of today."""
        reader = _reader()
        found = articles.library().article(ref, reader.locale)
        if found is None:
            raise NotFound(_l("There is no such article, or the plugin that it belongs to is switched off."))
        if found.id != ref:
            return redirect(f"/help/a/{found.id}", 301)
        if not found.may_be_read_by(reader.actor):
            raise Forbidden()
        text = articles.render(found.body, reader.actor, articles.library().named)
        more = [shelf.line(a, reader.actor) for a in shelf.readable(reader) if a.id != ref and set(a.screens) & set(found.screens)][:5]
        return self.render("help/article.html", title=found.title, key="help.Article.article", article=found, html=text.html, more=more)

    @expose("/panel")
    @signed_in
    def panel(self) -> Any:
        """What explains a page: a sheet over it where script runs, a page of its own else."""
        reader, key = _reader(), request.args.get("screen", "")[:120]
        why = "why" in request.args
        found = [shelf.line(a, reader.actor) for a in shelf.of_screen(reader, key)[:6]]
        rights = articles.library().article(RIGHTS, reader.locale) if why else None
        resource = key.rpartition(".")[0]
        template = "help/panel_part.html" if request.headers.get("HX-Request") else "help/panel.html"
        return self.render(
            template, title=_("Help"), key="help.Article.panel", lines=found, rights=rights and shelf.line(rights, reader.actor), tours=shelf.tours_for(reader, resource), why=why
        )


def _reader() -> Reader:
    return reader_at_work(current_actor())
