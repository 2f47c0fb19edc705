# if the reader closes the pipe, the program ends silently, killed by SIGPIPE
. "$CASES/data.sh"
make_text 40
quick='--hidden 16 --embedding 4 --epochs 1'
elman train text.txt $quick --quiet

# what follows begins once the reader is gone, which says so by a file
after() { while [ ! -e gone ]; do sleep 0.05; done; "$@"; echo $? >status; }
leave() { exec <&-; : >gone; }
closed() {
    rm -f gone
    after "$@" | leave
    echo "$1 $2: $(cat status)"
}
closed elman
closed elman train --help
closed elman train -h
closed elman info text.safetensors
closed elman info text.safetensors --json
closed elman sample text.safetensors --length 100000
closed elman train text.txt $quick --quiet --metrics - --metrics-every 1
closed elman predict text.safetensors text.txt
elman sample text.safetensors --length 100000 | head -c 1 >/dev/null
elman train --help | head -1

# a run goes on without a reader of its notes
rm -f gone
note() { elman train text.txt $quick -o noted >out; }
after note 2>&1 | leave
cat status
[ -e noted ] && grep -c validation out
