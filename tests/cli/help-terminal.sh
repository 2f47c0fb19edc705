# on a terminal help is as wide as the terminal, and its headings are bold
bold=$(printf '\033')\\[1m
script -qec 'stty cols 90; TERM=xterm elman train --help' /dev/null >screen
grep -c "^${bold}Optimizer" screen
sed 's/\x1b\[[0-9;]*m//g; s/\r//' screen |
    awk '{ if (length > most) most = length } END { print most }'
NO_COLOR=1 TERM=xterm script -qec 'elman train --help' /dev/null | grep -c "$bold"
TERM=xterm elman train --help | grep -c "$bold"
TERM=xterm elman --dump-man train | grep -c "$bold" || :
