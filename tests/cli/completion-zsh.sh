# what zsh offers for a line: it runs on a pseudo-terminal, gets the line and a
# tab, and a compadd of ours prints what it would show
command -v zsh >/dev/null || { echo 'completion-zsh: no zsh here' >&2; exit 77; }
elman --dump-completion zsh >_elman
touch data.txt
cat >child.zsh <<'END'
PS1= PS2=
fpath=($PWD $fpath)
autoload -U compinit && compinit -D -u
mark() { print -r -- "<>" }
compprefuncs=(mark)
comppostfuncs=(mark exit)
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a found
    builtin compadd -A found "$@"
    print -lr -- $found
}
bindkey '^I' complete-word
print ready
END
cat >ask.zsh <<'END'
zmodload zsh/zpty
ask() {
    local line text=
    zpty child zsh -f -i
    zpty -w child 'source ./child.zsh'
    while zpty -r child line; do [[ $line == ready* ]] && break; done
    zpty -w -n child "$1"$'\t'
    while zpty -r child line; do text+=$line; done
    zpty -d child
    # between the two marks, one word a line
    text=${text#*<>} text=${text%%<>*}
    print -r -- ${(of)${text//$'\r'/}}
}
ask 'elman '
ask 'elman in'
ask 'elman train --laye'
ask 'elman train data.txt --cell '
ask 'elman train data.txt --cell=g'
ask 'elman train data.txt -c'
ask 'elman train da'
ask 'elman train --output da'
ask 'elman --quiet run --in'
ask 'elman sample --js'
ask 'elman info --js'
ask 'elman help tr'
ask 'elman train --init=o'
END
timeout 60 zsh -f ask.zsh
