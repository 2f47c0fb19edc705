# where there is no room any more a sentence names the file, what failed and what
# helps, nothing saved before is lost, and the run goes on to the same bits
. "$CASES/data.sh"
make_text 40
quick='--hidden 16 --embedding 4 --batch 4 --k1 16 --schedule constant
    --threads 1 --quiet'
limited() { # so many blocks of 512 bytes for each file
    blocks=$1
    shift
    (
        ulimit -f "$blocks"
        "$@"
    )
}
elman train text.txt $quick --steps 60 --metrics-every 1 --metrics whole.log \
    -o whole

# the checkpoint: the one before is left, and is gone on from
elman train text.txt $quick --steps 20 -o cut
cp cut.checkpoint before
cp cut model
limited 16 elman train text.txt ${quick% --quiet} --steps 60 -o cut --resume \
    2>err
echo $?
grep -A 9 '^elman' err
cmp cut.checkpoint before && cmp cut model && echo 'as they were'
eval "$(tail -1 err) --quiet"
cmp whole cut && echo the same

# of a run that has none yet
limited 16 elman train text.txt ${quick% --quiet} --steps 60 -o new 2>err
echo $?
grep -A 9 '^elman' err
ls new* 2>ls.err || echo nothing

# the log: what there is of it stays whole lines
long="$quick --steps 300 --metrics-every 1"
elman train text.txt $long -o longer
elman train text.txt $long --steps 20 --metrics log -o logged
limited 100 elman train text.txt ${long%% --quiet*} --steps 300 \
    --metrics-every 1 --metrics log -o logged --resume 2>err
echo $?
grep -A 9 '^elman' err
tail -c 1 log | grep -c . # cut off in the middle
eval "$(tail -1 err) --quiet"
cmp longer logged && echo the same
grep -vc '^{.*}$' log
grep -c '"event":"end"' log

# events are not what a run is made for
limited 130 elman train text.txt ${long%% --quiet*} --steps 100 \
    --evaluate-every 1 --tensorboard board -o plain >out 2>err
echo $?
grep 'any more' err

# what other commands write
elman train text.txt $quick --steps 4 -o m --checkpoint c
for line in 'convert m big.onnx' 'inspect m text.txt -o page.html' \
    'inspect m text.txt --csv tables' 'explain lstm --html lesson.html'; do
    limited 1 elman $line >/dev/null 2>err
    echo $?
    grep '^elman' err
done
ls big.onnx page.html lesson.html tables/* 2>ls.err

# a file system that is full, where this user may make one
mkdir small
cat >within <<'END'
mount -t tmpfs -o size=160k none small 2>mount.err || exit 0
head -c 145000 /dev/zero >small/filler
elman train text.txt $1 --steps 60 -o small/m 2>err
echo $? >code
rm small/filler
elman train text.txt $1 --steps 60 -o small/m
cmp whole small/m || echo differs >code
END
unshare -Urm sh within "$quick" 2>unshare.err || :
[ ! -e code ] || [ "$(cat code)" = 1 ] || cat code
[ ! -e code ] || grep -q "'small/m.*No space left on device: free some there" \
    err || cat err
