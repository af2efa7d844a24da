import { closeBrackets, closeBracketsKeymap, autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { sparql } from "codemirror-lang-sparql";
console.log(closeBrackets, closeBracketsKeymap, autocompletion, completionKeymap,defaultKeymap, history, historyKeymap,bracketMatching, HighlightStyle, syntaxHighlighting,lintGutter, setDiagnostics,EditorState, EditorView, keymap, lineNumbers,tags,sparql)
