" Vim syntax file
" Language: job files of Domstart and Upstart
" Written by `npm run generate` from src/language/stanzas. Do not edit.
if exists('b:current_syntax')
  finish
endif

syn include @domstartShell syntax/sh.vim
unlet! b:current_syntax
syn case match
syn iskeyword @,48-57,_,-
syn sync fromstart

syn match domstartComment /#.*/ contains=@Spell
syn region domstartString start=/"/ skip=/\\./ end=/"/
syn region domstartString start=/'/ skip=/\\./ end=/'/
syn match domstartVariable /\$\%(\h\w*\|[0-9]\+\|{[^}]*}\)/
syn match domstartNumber /\s\@1<=-\?\d\+[KMG]\?\%(\s\|$\)\@=/
syn match domstartContinue /\\$/

syn match domstartStanza /^\s*env\%(\s\|$\)\@=/
syn match domstartStanza /^\s*oom\%(\s\|$\)\@=/ nextgroup=domstartAfter_oom skipwhite
syn match domstartAfter_oom contained /\%(never\)\>/
hi def link domstartAfter_oom domstartChoice
syn match domstartStanza /^\s*task\%(\s\|$\)\@=/
syn match domstartStanza /^\s*nice\%(\s\|$\)\@=/
syn match domstartStanza /^\s*usage\%(\s\|$\)\@=/
syn match domstartStanza /^\s*debug\%(\s\|$\)\@=/
syn match domstartStanza /^\s*emits\%(\s\|$\)\@=/
syn match domstartStanza /^\s*umask\%(\s\|$\)\@=/
syn match domstartStanza /^\s*limit\%(\s\|$\)\@=/ nextgroup=domstartAfter_limit skipwhite
syn match domstartAfter_limit contained /\%(as\|core\|cpu\|data\|fsize\|memlock\|msgqueue\|nice\|nofile\|nproc\|rss\|rtprio\|sigpending\|stack\)\>/
hi def link domstartAfter_limit domstartChoice
syn match domstartStanza /^\s*chdir\%(\s\|$\)\@=/
syn match domstartStanza /^\s*input\%(\s\|$\)\@=/
syn match domstartStanza /^\s*spool\%(\s\|$\)\@=/
syn match domstartStanza /^\s*author\%(\s\|$\)\@=/
syn match domstartStanza /^\s*manual\%(\s\|$\)\@=/
syn match domstartStanza /^\s*export\%(\s\|$\)\@=/
syn match domstartStanza /^\s*expect\%(\s\|$\)\@=/ nextgroup=domstartAfter_expect skipwhite
syn match domstartAfter_expect contained /\%(stop\|fork\|daemon\|none\)\>/
hi def link domstartAfter_expect domstartChoice
syn match domstartStanza /^\s*daemon\%(\s\|$\)\@=/
syn match domstartStanza /^\s*chroot\%(\s\|$\)\@=/
syn match domstartStanza /^\s*setuid\%(\s\|$\)\@=/
syn match domstartStanza /^\s*setgid\%(\s\|$\)\@=/
syn match domstartStanza /^\s*cgroup\%(\s\|$\)\@=/
syn match domstartStanza /^\s*output\%(\s\|$\)\@=/
syn match domstartStanza /^\s*import\%(\s\|$\)\@=/
syn match domstartStanza /^\s*version\%(\s\|$\)\@=/
syn match domstartStanza /^\s*service\%(\s\|$\)\@=/
syn match domstartStanza /^\s*respawn\%(\s\|$\)\@=/
syn match domstartStanza /^\s*console\%(\s\|$\)\@=/ nextgroup=domstartAfter_console skipwhite
syn match domstartAfter_console contained /\%(none\|output\|owner\|log\|logged\)\>/
hi def link domstartAfter_console domstartChoice
syn match domstartStanza /^\s*timeout\%(\s\|$\)\@=/
syn match domstartStanza /^\s*instance\%(\s\|$\)\@=/
syn match domstartStanza /^\s*pid\s\+file\%(\s\|$\)\@=/
syn match domstartStanza /^\s*tmpfiles\%(\s\|$\)\@=/
syn match domstartStanza /^\s*oom\s\+score\%(\s\|$\)\@=/ nextgroup=domstartAfter_oom_score skipwhite
syn match domstartAfter_oom_score contained /\%(never\)\>/
hi def link domstartAfter_oom_score domstartChoice
syn match domstartStanza /^\s*domain\s\+on\%(\s\|$\)\@=/ nextgroup=domstartAfter_domain_on skipwhite
syn match domstartAfter_domain_on contained /\%(xen\|qemu\)\>/
hi def link domstartAfter_domain_on domstartChoice
syn match domstartStanza /^\s*pid\s\+binary\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+copy\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+size\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+swap\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+user\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+vif\%(\s\|$\)\@=/
syn match domstartStanza /^\s*guest\s\+init\%(\s\|$\)\@=/ nextgroup=domstartAfter_guest_init skipwhite
syn match domstartAfter_guest_init contained /\%(event.d\|init\|direct\)\>/
hi def link domstartAfter_guest_init domstartChoice
syn match domstartStanza /^\s*domain\s\+pci\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+set\%(\s\|$\)\@=/
syn match domstartStanza /^\s*description\%(\s\|$\)\@=/
syn match domstartStanza /^\s*normal\s\+exit\%(\s\|$\)\@=/ nextgroup=domstartAfter_normal_exit skipwhite
syn match domstartAfter_normal_exit contained /\%(HUP\|INT\|QUIT\|ILL\|TRAP\|ABRT\|IOT\|BUS\|FPE\|KILL\|USR1\|SEGV\|USR2\|PIPE\|ALRM\|TERM\|STKFLT\|CHLD\|CLD\|CONT\|STOP\|TSTP\|TTIN\|TTOU\|URG\|XCPU\|XFSZ\|VTALRM\|PROF\|WINCH\|IO\|POLL\|PWR\|SYS\)\>/
hi def link domstartAfter_normal_exit domstartChoice
syn match domstartStanza /^\s*kill\s\+signal\%(\s\|$\)\@=/ nextgroup=domstartAfter_kill_signal skipwhite
syn match domstartAfter_kill_signal contained /\%(HUP\|INT\|QUIT\|ILL\|TRAP\|ABRT\|IOT\|BUS\|FPE\|KILL\|USR1\|SEGV\|USR2\|PIPE\|ALRM\|TERM\|STKFLT\|CHLD\|CLD\|CONT\|STOP\|TSTP\|TTIN\|TTOU\|URG\|XCPU\|XFSZ\|VTALRM\|PROF\|WINCH\|IO\|POLL\|PWR\|SYS\)\>/
hi def link domstartAfter_kill_signal domstartChoice
syn match domstartStanza /^\s*pid\s\+timeout\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+hosts\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+fstab\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+name\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+root\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+disk\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+type\%(\s\|$\)\@=/ nextgroup=domstartAfter_domain_type skipwhite
syn match domstartAfter_domain_type contained /\%(pv\|pvh\|hvm\)\>/
hi def link domstartAfter_domain_type domstartChoice
syn match domstartStanza /^\s*domain\s\+pool\%(\s\|$\)\@=/
syn match domstartStanza /^\s*spool\s\+limit\%(\s\|$\)\@=/
syn match domstartStanza /^\s*kill\s\+timeout\%(\s\|$\)\@=/
syn match domstartStanza /^\s*console\s\+fail\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+volume\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+vcpus\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+extra\%(\s\|$\)\@=/
syn match domstartStanza /^\s*output\s\+limit\%(\s\|$\)\@=/
syn match domstartStanza /^\s*respawn\s\+limit\%(\s\|$\)\@=/ nextgroup=domstartAfter_respawn_limit skipwhite
syn match domstartAfter_respawn_limit contained /\%(unlimited\)\>/
hi def link domstartAfter_respawn_limit domstartChoice
syn match domstartStanza /^\s*reload\s\+signal\%(\s\|$\)\@=/ nextgroup=domstartAfter_reload_signal skipwhite
syn match domstartAfter_reload_signal contained /\%(HUP\|INT\|QUIT\|ILL\|TRAP\|ABRT\|IOT\|BUS\|FPE\|KILL\|USR1\|SEGV\|USR2\|PIPE\|ALRM\|TERM\|STKFLT\|CHLD\|CLD\|CONT\|STOP\|TSTP\|TTIN\|TTOU\|URG\|XCPU\|XFSZ\|VTALRM\|PROF\|WINCH\|IO\|POLL\|PWR\|SYS\)\>/
hi def link domstartAfter_reload_signal domstartChoice
syn match domstartStanza /^\s*apparmor\s\+load\%(\s\|$\)\@=/
syn match domstartStanza /^\s*console\s\+ready\%(\s\|$\)\@=/
syn match domstartStanza /^\s*console\s\+watch\%(\s\|$\)\@=/
syn match domstartStanza /^\s*console\s\+limit\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+modules\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+install\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+memory\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+kernel\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+from\s\+tar\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+hostname\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+password\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+ramdisk\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+forward\%(\s\|$\)\@=/
syn match domstartStanza /^\s*spool\s\+attempts\%(\s\|$\)\@=/
syn match domstartStanza /^\s*apparmor\s\+switch\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+from\s\+disk\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+interface\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+filesystem\%(\s\|$\)\@=/ nextgroup=domstartAfter_image_filesystem skipwhite
syn match domstartAfter_image_filesystem contained /\%(ext3\|ext4\)\>/
hi def link domstartAfter_image_filesystem domstartChoice
syn match domstartStanza /^\s*domain\s\+autostart\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+from\s\+busybox\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+from\s\+directory\%(\s\|$\)\@=/
syn match domstartStanza /^\s*image\s\+from\s\+debootstrap\%(\s\|$\)\@=/
syn match domstartStanza /^\s*domain\s\+keep-on-failure\%(\s\|$\)\@=/

syn cluster domstartExpression contains=domstartParens,domstartOperator,domstartEvent,domstartName,domstartString,domstartComment,domstartContinue,domstartVariable
syn region domstartParens contained transparent start=/(/ end=/)/ contains=@domstartExpression
syn keyword domstartOperator contained and or
syn match domstartEvent contained /\%(\%(\<on\|\<and\|\<or\)\_s\+\|(\_s*\)\@<=\%(\%(and\|or\)\>\)\@![^ \t\n()#"'=!\\]\+/
syn match domstartName contained /\h\w*\ze!\?=/
syn region domstartCondition matchgroup=domstartStanza start=/^\s*stop\s\+on\%(\s\|$\)\@=/ skip=/\\$/ end=/$/ contains=@domstartExpression
syn region domstartCondition matchgroup=domstartStanza start=/^\s*start\s\+on\%(\s\|$\)\@=/ skip=/\\$/ end=/$/ contains=@domstartExpression
syn region domstartCommand matchgroup=domstartStanza start=/^\s*exec\%(\s\|$\)\@=/ skip=/\\$/ end=/$/ contains=@domstartShell keepend
syn region domstartCommand matchgroup=domstartStanza start=/^\s*pre-stop\s\+exec\%(\s\|$\)\@=/ skip=/\\$/ end=/$/ contains=@domstartShell keepend
syn region domstartCommand matchgroup=domstartStanza start=/^\s*pre-start\s\+exec\%(\s\|$\)\@=/ skip=/\\$/ end=/$/ contains=@domstartShell keepend
syn region domstartCommand matchgroup=domstartStanza start=/^\s*post-stop\s\+exec\%(\s\|$\)\@=/ skip=/\\$/ end=/$/ contains=@domstartShell keepend
syn region domstartCommand matchgroup=domstartStanza start=/^\s*post-start\s\+exec\%(\s\|$\)\@=/ skip=/\\$/ end=/$/ contains=@domstartShell keepend
syn region domstartScript matchgroup=domstartStanza start=/^\s*script\ze\s*\%(#.*\)\?$/ end=/^\s*end\s\+script\>/ contains=@domstartShell keepend fold
syn region domstartScript matchgroup=domstartStanza start=/^\s*image\s\+script\ze\s*\%(#.*\)\?$/ end=/^\s*end\s\+script\>/ contains=@domstartShell keepend fold
syn region domstartScript matchgroup=domstartStanza start=/^\s*pre-stop\s\+script\ze\s*\%(#.*\)\?$/ end=/^\s*end\s\+script\>/ contains=@domstartShell keepend fold
syn region domstartScript matchgroup=domstartStanza start=/^\s*pre-start\s\+script\ze\s*\%(#.*\)\?$/ end=/^\s*end\s\+script\>/ contains=@domstartShell keepend fold
syn region domstartScript matchgroup=domstartStanza start=/^\s*post-stop\s\+script\ze\s*\%(#.*\)\?$/ end=/^\s*end\s\+script\>/ contains=@domstartShell keepend fold
syn region domstartScript matchgroup=domstartStanza start=/^\s*post-start\s\+script\ze\s*\%(#.*\)\?$/ end=/^\s*end\s\+script\>/ contains=@domstartShell keepend fold
syn region domstartGuest matchgroup=domstartStanza start=/^\s*guest\%(\s\+init\>\)\@!\>/ end=/^\s*end\s\+guest\>/ contains=TOP fold

hi def link domstartStanza Statement
hi def link domstartChoice Constant
hi def link domstartComment Comment
hi def link domstartString String
hi def link domstartVariable Identifier
hi def link domstartName Identifier
hi def link domstartNumber Number
hi def link domstartOperator Operator
hi def link domstartEvent Type
hi def link domstartContinue Special

let b:current_syntax = 'domstart'
