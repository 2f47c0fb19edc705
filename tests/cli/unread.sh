# files and folders of other tools: what they are, and the line that helps
tell() { elman convert "$1" net.safetensors || true; }
printf '\034\000\000\000TFL3\000\000\000\000' >model.tflite && tell model.tflite
printf 'GGUF\003\000\000\000' >model.gguf && tell model.gguf
printf 'MATLAB 5.0 MAT-file, Platform: GLNXA64' >net.mat && tell net.mat
printf 'BZh91AY&SY' >net.bz2 && tell net.bz2
printf '\3757zXZ\000\000\004' >net.xz && tell net.xz
printf '\050\265\057\375\000\000' >net.zst && tell net.zst
printf 'part' >model.ckpt-7.index && tell model.ckpt-7.index
printf 'part' >model.ckpt-7.data-00000-of-00001
tell model.ckpt-7.data-00000-of-00001
printf '\201\246params\201\244lstm' >flax.bin && tell flax.bin
printf '\201\246par' >short.bin && tell short.bin

# a dict in an array
printf '\223NUMPY\001\000\166\000%-117s\n' \
    "{'descr': '|O', 'fortran_order': False, 'shape': (), }" >dict.npy
tell dict.npy

# folders
mkdir saved keras parts one torch empty
printf x | tee saved/saved_model.pb keras/config.json keras/model.weights.h5 \
    parts/model.safetensors.index.json one/model.safetensors torch/data.pkl \
    >/dev/null
for folder in saved keras parts one torch empty; do tell $folder; done
tell saved/saved_model.pb
elman info saved
elman predict keras dict.npy
