# a write error is reported in one line, and nothing old is lost
. "$CASES/data.sh"
make_text 40
quick='--hidden 16 --embedding 4 --epochs 1 --quiet'
elman train text.txt $quick
cp text.safetensors before
elman info text.safetensors >/dev/full
echo $?
elman info text.safetensors >&-
echo $?
elman train text.txt $quick -o missing/model
echo $?
mkdir folder
elman train text.txt $quick -o folder
echo $?
elman train text.txt $quick -o text.txt
echo $?
elman train text.txt $quick --metrics missing/log
echo $?
elman train text.txt $quick --metrics /dev/full 2>&1 | head -1
(
    ulimit -f 1
    elman train text.txt $quick
) 2>err
echo $?
grep -c '^elman: ' err
cmp text.safetensors before && echo as it was
ls
