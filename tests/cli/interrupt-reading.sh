# a signal that comes while much data is gone through ends the run at once, with
# a sentence, its status and no file left
truncate -s 20G big.txt 2>/dev/null || exit 77
printf 'some letters' | dd of=big.txt conv=notrunc 2>dd.err
for signal in INT TERM; do
    elman train big.txt --unit bytes --memory 64M --hidden 8 -o m.safetensors &
    pid=$!
    while [ ! -e m.safetensors.checkpoint.lock ]; do sleep 0.05; done
    sleep 0.3
    begun=$(date +%s)
    kill -$signal $pid
    wait $pid
    echo $?
    [ $(($(date +%s) - begun)) -le 2 ] || echo 'it took more than two seconds'
    ls m.safetensors* 2>ls.err || :
done
