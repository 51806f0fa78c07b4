#!/usr/bin/env python3
"""Each rule of tools/check-includes and tools/check-style is broken once in a scratch tree, and the
check has to name the place. A tree that breaks none has to pass."""
import os
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("DESKHAND_SOURCE") or os.path.abspath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

CONTRACT = "/* str: a text.\n *\n * It ends nowhere in particular. */\n"
SOUND = {
    "meson.build": "project('x', 'c')\n",
    "core/base/meson.build": "base = static_library('base', 'str.c', 'alloc.c')\n",
    "core/base/str.h": CONTRACT + "#ifndef BASE_STR_H\n#define BASE_STR_H\nint str_x(void);\n"
                                  "#endif\n",
    "core/base/str.c": '#include "base/str.h"\n\n#include <string.h>\n\n'
                       "int\nstr_x(void)\n{\n    /* strcpy() and atoi() are words here */\n"
                       "    return (int)strlen(\"system(1) { // not a comment\");\n}\n",
    "core/base/alloc.c": "#include <stdlib.h>\n\nvoid *\nmem_new(void)\n{\n"
                         "    return malloc(1);\n}\n",
    "core/io/meson.build": "io = static_library('io', 'loop.c')\n",
    "core/io/loop.c": '#include "base/str.h"\n\n#include <event2/event.h>\n\n'
                      "void\nrun(struct ops *ops)\n{\n    ops->free(ops);\n}\n",
    "core/model/meson.build": "model = static_library('model', 'model.c')\n",
    "core/model/model.c": '#include "model/model_impl.h"\n',
    "core/model/model_impl.h": "/* What a provider fills. */\n"
                               "#ifndef MODEL_IMPL_H\n#define MODEL_IMPL_H\n#endif\n",
    "plugins/meson.build": "plugins = {\n  'escalate': [],\n}\n"
                           "foreach name, deps : plugins\n  shared_module(name, name + '.c')\n"
                           "endforeach\n",
    "plugins/escalate.c": '#include "sdk/deskhand_plugin.h"\n',
    "plugins/sdk/deskhand_plugin.h": CONTRACT.replace("str:", "abi:") +
                                     "#ifndef DH_H\n#define DH_H\n#endif\n",
    "tests/unit/meson.build": "rows = {\n  'str': [base],\n}\nforeach name, deps : rows\n"
                              "  executable('test-' + name, 'test-' + name + '.c')\nendforeach\n",
    "tests/unit/test-str.c": '#include <cmocka.h>\n\n#include "base/str.h"\n',
    "tests/func/meson.build": "scripts = ['test-x.sh']\n",
    "tests/func/test-x.sh": "#!/bin/sh\n",
}

# What is written where, which check has to fail, and what it has to say.
INCLUDES = [
    ("a floor that is not listed", "core/base/str.c", '#include "model/model_impl.h"\n',
     "core/base/str.c:1: base may not include", "allowed: base"),
    ("a sibling", "core/io/loop.c", '\n#include "model/model_impl.h"\n',
     "core/io/loop.c:2: io may not include", "allowed: io base"),
    ("a plugin that looks into the engine", "plugins/escalate.c", '#include "base/str.h"\n',
     "plugins/escalate.c:1: plugins may not include", "allowed: plugins sdk"),
    ("another floor's insides", "core/turn/turn.c", '#include "model/model_impl.h"\n',
     "core/turn/turn.c:1:", "is an inside of its floor"),
    ("json-c outside its door", "core/io/loop.c", "#include <json-c/json.h>\n",
     "core/io/loop.c:1: <json-c/json.h> is forbidden here", "only core/base/json*"),
    ("libevent outside the loop", "core/io/worker.c", "#include <event2/event.h>\n",
     "core/io/worker.c:1:", "only core/io/loop.c"),
    ("SQLite outside its backend", "core/turn/turn.c", "#include <sqlite3.h>\n",
     "core/turn/turn.c:1:", "only core/store/store_sqlite*"),
    ("curl outside the client", "core/model/model.c", "#include <curl/curl.h>\n",
     "core/model/model.c:1:", "only core/io/http_client*"),
    ("libyaml outside config", "core/base/str.c", "#include <yaml.h>\n",
     "core/base/str.c:1:", "only core/config/*"),
    ("PCRE2 outside schema", "core/base/str.c", "#include <pcre2.h>\n",
     "core/base/str.c:1:", "only core/schema/*"),
    ("a library nobody listed", "core/base/str.c", "#include <zlib.h>\n",
     "core/base/str.c:1: <zlib.h> is in no row", "tools/layers.txt"),
    ("a header that is nowhere", "core/base/str.c", '#include "base/nowhere.h"\n',
     "core/base/str.c:1:", "no file of this tree"),
    ("a folder without a floor", "core/attic/x.c", "\n",
     "core/attic/x.c:1: stands on no floor", "tools/layers.txt"),
    ("getenv outside config", "core/io/loop.c", 'int x(void)\n{\n    return !getenv("A");\n}\n',
     "core/io/loop.c:3: getenv() is forbidden here", "core/config/*"),
    ("malloc outside alloc.c", "core/base/str.c", "void x(void)\n{\n    free(malloc(1));\n}\n",
     "core/base/str.c:3: malloc() is forbidden here", "mem_*()"),
]
LONG_BODY = "int\nlong_one(int a)\n{\n" + "    a++;\n" * 60 + "    return a;\n}\n"
STYLE = [
    ("a file too long", "core/base/str.c", "int a;\n" * 801,
     "core/base/str.c:801: 801 lines, at most 800", "split"),
    ("a function too long", "core/base/str.c", LONG_BODY,
     "core/base/str.c:3: long_one: 61 lines, at most 60", "a function"),
    ("a header without a contract", "core/base/str.h", "#ifndef A\n#define A\n#endif\n",
     "core/base/str.h:1: no contract", "open with a comment"),
    ("a contract too short for others", "core/base/str.h",
     "/* str. */\n#ifndef A\n#define A\n#endif\n",
     "core/base/str.h:1:", "contract is too short"),
    ("a header without a guard", "core/base/str.h", CONTRACT + "int x(void);\n",
     "core/base/str.h:4: no include guard", "#ifndef"),
    ("one guard for two", "core/base/other.h",
     CONTRACT + "#ifndef BASE_STR_H\n#define BASE_STR_H\n#endif\n",
     "core/base/str.h:4: BASE_STR_H also guards core/base/other.h", "name the guard"),
    ("unfinished work", "core/base/str.c", "/* TO" "DO: all of it */\n",
     "core/base/str.c:1: TO" "DO: unfinished work", "finish"),
    ("white space at the end", "core/base/str.c", "int a; \n",
     "core/base/str.c:1: white space at the end", "take it away"),
    ("a tab", "core/base/str.c", "\tint a;\n", "core/base/str.c:1: a tab", "four spaces"),
    ("a line too long", "core/base/str.c", "int " + "a" * 96 + ";\n",
     "core/base/str.c:1: 101 columns", "break it"),
    ("no newline at the end", "core/base/str.c", "int a;",
     "core/base/str.c:1: no newline at the end", "add it"),
    ("a typedef of a struct", "core/base/str.c", "typedef struct x x;\n",
     "core/base/str.c:1: typedef struct", "function pointers"),
    ("a source nobody builds", "core/base/new.c", "int a;\n",
     "core/base/new.c:1: in no meson.build", "core/base/meson.build"),
    ("a plugin nobody builds", "plugins/mine.c", "int a;\n",
     "plugins/mine.c:1: in no meson.build", "plugins/meson.build"),
    ("a test nobody runs", "tests/unit/test-new.c", "int a;\n",
     "tests/unit/test-new.c:1: in no meson.build", "tests/unit/meson.build"),
    ("a command in no table", "core/base/str.c",
     "int a;\nconst struct command cmd_x = {0};\n",
     "core/base/str.c:2: cmd_x is in no table", "tools/deskhand/commands.c"),
    ("a provider in no table", "core/base/str.c", "const struct provider_ops model_x_ops = {0};\n",
     "core/base/str.c:1: model_x_ops is in no table", "core/model/model.c"),
    ("two functions of one name", "core/io/loop.c", "int\nstr_x(void)\n{\n    return 1;\n}\n",
     "core/io/loop.c:3: str_x() is defined in core/base/str.c too", "name it after its module"),
    ("a script nobody runs", "tests/func/test-y.sh", "#!/bin/sh\n",
     "tests/func/test-y.sh:1: in no meson.build", "tests/func/meson.build"),
] + [
    (word + "()", "core/base/str.c", "int\nf(void)\n{\n    return !" + word + "(0);\n}\n",
     "core/base/str.c:4: " + word + "() is forbidden", "use ")
    for word in ("strcpy", "strcat", "sprintf", "vsprintf", "strtok", "atoi", "atol", "alloca",
                 "setjmp", "longjmp", "system", "gets")
]


def write(root, name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def run(check, broken):
    """The exit code and stderr of CHECK over the sound tree with BROKEN written over it."""
    root = tempfile.mkdtemp(prefix="deskhand-checks-")
    try:
        for name, text in {**SOUND, **broken}.items():
            write(root, name, text)
        os.makedirs(os.path.join(root, "tools"))
        shutil.copy(os.path.join(SOURCE, "tools", "layers.txt"), os.path.join(root, "tools"))
        done = subprocess.run([os.path.join(SOURCE, "tools", check), root], timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done.returncode, done.stderr
    finally:
        shutil.rmtree(root)


def case(check, name, broken, wants):
    code, err = run(check, broken)
    good = (code == 1 and any(all(w in line for w in wants) for line in err.splitlines())
            if wants else code == 0 and not err)
    print(f"{'ok' if good else 'not ok'} {check}: {name}")
    if not good:
        print(f"# exit {code}, wanted {wants or 'nothing'}; stderr:\n{err}", file=sys.stderr)
    return good


def main():
    results = []
    for check, rows in (("check-includes", INCLUDES), ("check-style", STYLE)):
        results.append(case(check, "a sound tree passes", {}, ()))
        for name, path, text, *wants in rows:
            results.append(case(check, name, {path: text}, wants))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
