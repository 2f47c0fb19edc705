elman train --init-b gaussian:1 text.txt # unambiguous: there is no such file
echo $?
elman train --init- 1 text.txt
