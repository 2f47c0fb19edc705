# one checkpoint has one trainer
. "$CASES/data.sh"
make_text
elman train text.txt --hidden 16 --epochs 1000000 --patience never --quiet &
pid=$!
while [ ! -e text.safetensors.checkpoint ]; do sleep 0.05; done
elman train text.txt --hidden 16 --epochs 1 --quiet
echo $?
kill -KILL $pid
wait $pid 2>/dev/null
# the lock of a killed run does not block another
elman train text.txt --hidden 16 --epochs 1 --quiet && ls
