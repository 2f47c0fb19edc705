# on a terminal reading that takes longer than a moment says how much was read
. "$CASES/data.sh"
make_text
mkfifo p
{ cat text.txt; sleep 3; } >p &
TERM=xterm script -qec "elman train p --hidden 4 --steps 1 -o m" /dev/null >screen
tr '\r' '\n' <screen | sed 's/\x1b\[[0-9;]*[mK]//g' | grep -q '^reading p: 5.4 kB so far, 0:0[2-9]$' && echo shown
wait
{ cat text.txt; sleep 3; } >p &
elman train p --hidden 4 --steps 1 -o m >out 2>err
grep -c '^reading p' err out
wait
elman train text.txt --hidden 4 --steps 1 -o m --profile --json 2>err | grep -o '"name":"reading"'
