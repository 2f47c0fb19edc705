# Lion with its options: it learns, and resumes to the same bits
. "$CASES/data.sh"
make_text 60
options='--hidden 16 --embedding 8 --batch 4 --k1 16 --epochs 4 --quiet
    --schedule constant --optimizer lion --lr 0.003 --beta1 0.8 --beta2 0.95 --weight-decay 0.1'
elman train text.txt $options -o whole.safetensors

elman train text.txt $options --threads 1 --steps 7 --checkpoint-every 1 -o cut
elman train text.txt $options --threads 2 -o cut --resume
cmp whole.safetensors cut && echo the same bits
elman eval whole.safetensors text.txt --json |
    grep -o '"perplexity": *[0-9.]*' | awk -F: '{ print ($2 < 10) ? "learned" : $2 }'

# a checkpoint of another rule, and options that Lion has no use for
elman train text.txt $options --optimizer adam -o cut --resume
echo $?
elman train text.txt --optimizer lion --amsgrad
echo $?
elman train text.txt --optimizer lion --momentum 0.9
echo $?
elman train text.txt --optimizer lion --epsilon 1e-8
echo $?
elman train text.txt --optimizer lyon
echo $?
