elman train --hiden 64 text.txt
echo $?
elman train -z text.txt
echo $?
elman sample model --zzzzzzzz
echo $?
elman sample model --json
echo $?
elman --json sample model
echo $?
