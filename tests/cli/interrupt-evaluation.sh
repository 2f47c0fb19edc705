# a signal leaves the evaluation that runs, and --resume does it anew: the run
# ends soon, and then with the same bits and the same log as one never stopped
. "$CASES/data.sh"
make_text 60
for _ in $(seq 120); do cat text.txt; done >held.txt
options='--unit bytes --hidden 16 --embedding 8 --batch 4 --k1 16 --dropout 0.2
    --steps 12 --evaluate-every 4 --schedule constant --threads 1
    --metrics-every 3 --quiet'
lines() { # but for what is the time's
    sed -E '/"event":"(begin|end)"/d
        s/"(seconds|[a-z]*_per_second)":[^,}]*//g' "$1"
}
elman train text.txt --validation held.txt $options --metrics whole.log -o whole

# at any moment, again and again
for pause in 0.05 0.2 0.35; do
    rm -f cut.log cut.checkpoint
    more=
    for _ in 1 2 3 4; do
        elman train text.txt --validation held.txt $options -o cut \
            --metrics cut.log $more 2>err &
        pid=$!
        sleep $pause
        while ! grep -sq event cut.log && kill -0 $pid 2>kill.err; do :; done
        kill -TERM $pid 2>kill.err || :
        wait $pid && break || code=$?
        [ $code = 143 ] || echo "status $code"
        # before the first step nothing is saved
        [ ! -e cut.checkpoint ] || more=--resume
    done
    [ ! -e cut.checkpoint ] ||
        elman train text.txt --validation held.txt $options -o cut \
            --metrics cut.log --resume
    cmp whole cut && lines whole.log >a && lines cut.log >b && cmp a b &&
        echo the same
done

# one of half a minute, on what is mostly a hole
truncate -s 60M hole.txt 2>/dev/null || exit 77
printf 'some letters' | dd of=hole.txt conv=notrunc 2>dd.err
elman train text.txt --validation hole.txt --unit bytes --hidden 16 \
    --embedding 8 --steps 8 --evaluate-every 4 --threads 1 --metrics log \
    -o long >out 2>err &
pid=$!
while ! grep -sq begin log && kill -0 $pid 2>kill.err; do sleep 0.05; done
sleep 1
begun=$(date +%s)
kill -INT $pid
wait $pid || echo $?
[ $(($(date +%s) - begun)) -le 6 ] || echo 'it took more than six seconds'
grep -c 'resume with' err
grep 'validation:\|steps: ' out
grep -c '"evaluation":"due"' long.checkpoint
elman info long | head -1
