# stopped by steps and by signals at any moment, a run ends with the same bits
. "$CASES/data.sh"
make_text 60
options='--hidden 16 --embedding 8 --batch 4 --k1 16 --dropout 0.2 --epochs 6
    --schedule constant
    --quiet'
elman train text.txt $options -o whole.safetensors

elman train text.txt $options --threads 1 --steps 7 --checkpoint-every 1 -o cut
elman train text.txt $options --threads 2 -o cut --resume
cmp whole.safetensors cut && echo after steps

for pair in INT:130 TERM:143 KILL:137; do
    signal=${pair%:*}
    elman train text.txt $options --checkpoint-every 3 -o $signal &
    pid=$!
    while [ ! -e $signal.checkpoint ] && kill -0 $pid 2>/dev/null; do :; done
    kill -$signal $pid 2>/dev/null
    { wait $pid; } 2>/dev/null
    code=$?
    # a fast machine may be done before the signal comes
    [ $code = 0 ] || [ $code = ${pair#*:} ] || echo $code
    elman train --resume text.txt $options -o $signal
    cmp whole.safetensors $signal && echo after $signal
done
ls | grep lock

# the best model so far is in place before the run ends
elman train text.txt $options --epochs 500 -o early &
pid=$!
while [ ! -e early ] && kill -0 $pid 2>/dev/null; do :; done
kill -KILL $pid
{ wait $pid; } 2>/dev/null
elman info early | head -1 | cut -d , -f 1

elman train text.txt $options --hidden 17 -o cut --resume 2>&1 |
    grep -c '^elman: '
elman train text.txt $options -o nothing --resume
echo $?
