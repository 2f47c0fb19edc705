# every option of train that takes a value states its default, or what happens
# without it
elman train --help | tr '\n' ' ' | sed 's/  */ /g; s/ --\([a-z0-9-]*\)=/\n\1=/g' |
    tail -n +2 | grep -v '(default: ' | cut -d= -f1
