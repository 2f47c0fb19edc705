# Ctrl-C: the step is finished, checkpoint and model are saved, and the command
# that resumes is shown
. "$CASES/data.sh"
make_text
elman train text.txt --hidden 16 --embedding 8 --epochs 1000000 \
    --patience never -o 'my model' --threads 1 2>err >out &
pid=$!
while [ ! -e 'my model.checkpoint' ]; do sleep 0.05; done
kill -INT $pid
wait $pid
echo $?
grep -A1 'resume with' err
grep -c 'saved my model,' out
elman info 'my model' --json | grep -o '"task":"language"' | head -1
