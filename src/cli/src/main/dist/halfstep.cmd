@echo off
rem Runs Halfstep; needs Java 17 or newer. HALFSTEP_OPTS holds JVM options, e.g. set HALFSTEP_OPTS=-Xmx512m
setlocal
set "java=java.exe"
if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java.exe"
set "collector=-XX:+UseParallelGC"
if not defined HALFSTEP_OPTS goto run
echo "%HALFSTEP_OPTS%" | findstr /r /c:"-XX:+Use[A-Za-z0-9]*GC" >nul && set "collector="
:run
"%java%" %collector% %HALFSTEP_OPTS% -cp "%~dp0..\lib\*" io.halfstep.cli.Main %*
exit /b %ERRORLEVEL%
