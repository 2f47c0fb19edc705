# on a terminal one line is redrawn, in colour unless NO_COLOR is set, and
# fits its width
. "$CASES/data.sh"
make_text 400
run='elman train text.txt --hidden 64 --seconds 1 --epochs unlimited --patience never'
TERM=xterm script -qec "stty cols 60; $run" /dev/null >screen
grep -q "$(printf '\r')epoch " screen && echo redrawn
grep -q "$(printf '\033')\[36m" screen && echo coloured
tr '\r' '\n' <screen | grep '^epoch ' | grep '━' | sed 's/\x1b\[[0-9;]*[mK]//g; s/[━─]/-/g' |
    awk 'length > 59' | head -3
NO_COLOR=1 TERM=xterm script -qec "$run" /dev/null >screen
grep -c "$(printf '\033')\[[0-9]*m" screen
TERM=dumb script -qec "$run" /dev/null | grep -c "$(printf '\033')" || :
