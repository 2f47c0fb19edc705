# a line to type next is quoted for the shell and for Python, where it must be
. "$CASES/data.sh"
make_text 40
mkdir "it's new"
train='elman train text.txt --hidden 8 --embedding 4 --epochs 1'
$train --init normal:0.1 -o plain.safetensors 2>err | tail -2
$train -o "it's new/model.safetensors" 2>err | tail -2 | tee next
sed -n 's/^try *//; 1s/500/5/p; 2s/^ *//p' next >next.sh
sh next.sh >written 2>&1 || cat written
elman info "it's new/model.safetensors" | grep load_file

# a binary file by mistake: the way out only where there is one
printf 'a\0\377' >binary
elman train binary 2>&1
elman eval plain.safetensors binary 2>&1
printf 'a\377' >broken
elman train broken --bad-bytes refuse --validation 0 2>&1
elman train broken --bad-bytes bytes --validation 0 --hidden 8 --epochs 1 \
    --quiet && elman info broken.safetensors | sed -n "3p"
elman eval plain.safetensors broken 2>&1
elman inspect plain.safetensors broken 2>&1
echo $?
