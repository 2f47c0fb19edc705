# what fish offers for a line
command -v fish >/dev/null || { echo 'completion-fish: no fish here' >&2; exit 77; }
elman --dump-completion fish >elman.fish
export HOME="$PWD"
ask() {
    fish --no-config -c 'source elman.fish; complete -C "$argv[1]"' "$1" |
        cut -f 1 | tr '\n' ' ' | sed 's/ $/\n/'
}
touch data.txt
ask 'elman '
ask 'elman in'
ask 'elman train --laye'
ask 'elman train -'  | tr ' ' '\n' | grep -c -- --
ask 'elman train data.txt --cell '
ask 'elman train data.txt -c l'
ask 'elman train --cell=g'
ask 'elman train da'
ask 'elman train --output da'
ask 'elman run --in'
ask 'elman sample --js'
ask 'elman info --js'
ask 'elman help '
ask 'elman train --init=o'
fish --no-config -c 'source elman.fish; complete -C "elman bench --mo"'
