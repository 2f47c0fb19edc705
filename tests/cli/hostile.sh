# a file that is not a model in any format is refused by each command that takes
# one: at once, with status 1 and one line that names it; nothing is overwritten
printf '\223NUMPY\1\0\166\0%-117s\n\0\0\0\0' \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }" >x.npy
: >empty
: >empty.onnx
mkfifo pipe
mkfifo pipe.pt
mkdir folder.onnx
ln -s /dev/zero device.npz
echo 'the cat sat on the mat' >text.onnx
printf 'PK\3\4 and no more' >zip.npz
printf '\200\2cos\nsystem\nX\13\0\0\0touch risen\205R.' >code.pt
printf '\377\377\377\377\377\377\377\377{}' >huge.safetensors
printf '\10\10\72\377\377\377\377\17' >cut.onnx
cp x.npy array.safetensors

for file in empty empty.onnx pipe pipe.pt folder.onnx device.npz missing.onnx \
    text.onnx zip.npz code.pt huge.safetensors cut.onnx array.safetensors; do
    for command in info convert verify run; do
        # an array is no model, but it can be described
        [ $command.$file = info.array.safetensors ] && continue
        echo kept >out
        case $command in
        convert) set -- convert $file out --to=elman ;;
        verify) set -- verify $file --reference x.npy x.npy ;;
        run) set -- run $file --input x=x.npy --output-dir made ;;
        *) set -- $command $file ;;
        esac
        timeout 20 elman "$@" >written 2>err </dev/null
        status=$?
        lines=$(wc -l <err)
        named=$(grep -c "^elman: .*$file" err)
        [ $status.$lines.$named = 1.1.1 ] && [ ! -s written ] ||
            { echo "$*: $status" && cat written err; }
        [ "$(cat out)" = kept ] || echo "$*: out has changed"
    done
done

# so is a file that is not an array, as the input of a graph
for file in empty pipe folder.onnx missing.onnx huge.safetensors code.pt; do
    set -- run "$CASES/../golden/onnx/torchscript_rnn/model.onnx" \
        --input x=$file --output-dir made
    timeout 20 elman "$@" >written 2>err </dev/null
    [ $?.$(wc -l <err).$(grep -c "^elman: .*$file" err) = 1.1.1 ] ||
        { echo "input $file" && cat written err; }
done
rm -f out err written
ls
