elman --dump-completion bash >completion.bash
cat >ask.bash <<'END'
. ./completion.bash
compopt() { :; }
ask() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _elman
    echo "${COMPREPLY[*]}"
}
ask elman ''
ask elman in
ask elman train --laye
ask elman train data --cell ''
ask elman train data -c ''
ask elman train data --cell = g
ask elman sample model --temp
ask elman convert in out --to ''
ask elman run --in
ask elman --js
ask elman help ''
ask elman help tr
ask elman train --init = o
END
bash ask.bash
