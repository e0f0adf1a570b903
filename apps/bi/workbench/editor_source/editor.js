// The editor of the SQL workbench, a component of Streamlit's (v2). `make editor` bundles it.
import { autocompletion, closeBrackets, closeBracketsKeymap, completeFromList, completionKeymap }
  from "@codemirror/autocomplete"
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands"
import { SQLDialect, sql } from "@codemirror/lang-sql"
import { HighlightStyle, bracketMatching, syntaxHighlighting } from "@codemirror/language"
import { setDiagnostics } from "@codemirror/lint"
import { Compartment, EditorState, Prec } from "@codemirror/state"
import { EditorView, drawSelection, keymap, lineNumbers, placeholder } from "@codemirror/view"
import { tags } from "@lezer/highlight"

// Trino's words and types (SqlBase.g4), as far as Athena reads them.
const Trino = SQLDialect.define({
  doubleDollarQuotedStrings: false,
  keywords: `all alter analyze and any array as asc between bernoulli both by case cast create cross
    cube current current_date current_time current_timestamp database databases deallocate delete
    desc describe distinct drop else end escape except execute exists explain extract false fetch
    filter first following for from full group grouping having if in inner insert intersect interval
    into is join last lateral leading left like limit localtime localtimestamp map match natural next
    not null nulls offset on only or order ordinality outer over partition preceding prepare range
    recursive right rollup row rows select sets show some system table tables tablesample then
    timestamp to trailing true try_cast unbounded union unnest update using values version view when
    where window with within without zone`.replace(/\s+/g, " "),
  types: `boolean tinyint smallint integer int bigint real double decimal varchar char varbinary json
    date time string uuid ipaddress`.replace(/\s+/g, " "),
})

const colors = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--st-violet-text-color)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--st-green-text-color)" },
  { tag: tags.number, color: "var(--st-orange-text-color)" },
  { tag: tags.comment, color: "var(--st-gray-text-color)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--st-blue-text-color)" },
])

const look = EditorView.theme({
  "&": {
    fontSize: "14px",
    color: "var(--st-text-color)",
    backgroundColor: "var(--st-background-color)",
    border: "1px solid var(--st-border-color)",
    borderRadius: "var(--st-base-radius)",
  },
  "&.cm-focused": { outline: "2px solid var(--st-primary-color)", outlineOffset: "-1px" },
  ".cm-scroller": { overflow: "auto", fontFamily: "var(--st-code-font)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--st-text-color)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--st-text-color)" },
  ".cm-gutters": {
    backgroundColor: "var(--st-secondary-background-color)",
    color: "var(--st-gray-text-color)",
    border: "none",
  },
  ".cm-placeholder": { color: "var(--st-gray-text-color)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "color-mix(in srgb, var(--st-primary-color) 25%, transparent) !important",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--st-secondary-background-color)",
    color: "var(--st-text-color)",
    border: "1px solid var(--st-border-color)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--st-primary-color)",
    color: "var(--st-background-color)",
  },
  ".cm-completionDetail": { opacity: "0.75", fontStyle: "normal", marginLeft: "1.5em" },
})

// What is typed is told once nobody has typed for so long, and at once when the editor is left.
const PAUSE = 400

const editors = new WeakMap()

export default function (component) {
  const { data, parentElement } = component
  const opened = editors.get(parentElement) ?? open(parentElement, data)
  opened.component = component
  show(opened, data)
  return () => {
    clearTimeout(opened.pause)
    opened.view.destroy()
    editors.delete(parentElement)
  }
}

function open(parentElement, data) {
  const opened = { language: new Compartment(), number: data.number, names: null, mark: null }
  const run = () => {
    tell(opened)
    opened.component.setTriggerValue("run", true)
    return true
  }
  opened.view = new EditorView({
    parent: parentElement.querySelector("#editor"),
    root: parentElement.getRootNode(),
    state: EditorState.create({
      doc: data.text,
      extensions: [
        Prec.highest(keymap.of([{ key: "Mod-Enter", run }])),
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap,
          ...completionKeymap]),
        opened.language.of([]),
        syntaxHighlighting(colors),
        look,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "SQL", spellcheck: "false" }),
        placeholder("SELECT ..."),
        EditorView.updateListener.of((update) => {
          if (update.docChanged || update.selectionSet) {
            clearTimeout(opened.pause)
            opened.pause = setTimeout(() => tell(opened), PAUSE)
          }
        }),
        EditorView.domEventHandlers({ blur: () => tell(opened) }),
      ],
    }),
  })
  editors.set(parentElement, opened)
  return opened
}

// Tell Python what is written and what of it is selected, if it does not know.
function tell(opened) {
  clearTimeout(opened.pause)
  const { doc, selection } = opened.view.state
  const { from, to } = selection.main
  // Texts, not offsets: Python counts characters otherwise.
  const written = { number: opened.number, text: doc.toString(),
    before: doc.sliceString(0, from), selected: doc.sliceString(from, to) }
  if (from === to) written.before = ""
  const told = JSON.stringify(written)
  if (told === opened.told) return
  opened.told = told
  opened.component.setStateValue("written", written)
}

// Show what Python says: another text, other names, an error.
function show(opened, data) {
  const { view } = opened
  if (data.number !== opened.number) {
    opened.number = data.number
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: data.text } })
  }
  const names = JSON.stringify(data.names)
  if (names !== opened.names) {
    opened.names = names
    view.dispatch({ effects: opened.language.reconfigure(language(data)) })
  }
  const mark = JSON.stringify(data.mark)
  if (mark !== opened.mark) {
    opened.mark = mark
    view.dispatch(setDiagnostics(view.state, data.mark ? [diagnostic(view.state.doc, data.mark)] : []))
  }
}

function language({ names, functions }) {
  const schema = Object.fromEntries(Object.entries(names).map(([database, tables]) => [database,
    Object.fromEntries(Object.entries(tables).map(([table, columns]) => [table,
      columns.map(([label, detail, info]) =>
        ({ label, detail, info: info || undefined, type: "property" }))]))]))
  const calls = functions.map((label) =>
    ({ label, apply: `${label}(`, detail: "function", type: "function", boost: -20 }))
  const listed = completeFromList(calls)
  return [
    sql({ dialect: Trino, schema, defaultSchema: "core" }),
    Trino.language.data.of({
      autocomplete: (context) => context.matchBefore(/\.\s*\w*$/) ? null : listed(context) }),
  ]
}

function diagnostic(doc, { line, column, message }) {
  const place = doc.line(Math.max(1, Math.min(line, doc.lines)))
  const from = Math.min(place.from + Math.max(0, column - 1), place.to)
  const word = /^[\w$]+/.exec(doc.sliceString(from, place.to))
  const to = Math.min(from + (word ? word[0].length : 1), doc.length)
  return { from: Math.min(from, to), to, severity: "error", message }
}
