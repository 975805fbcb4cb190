using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget completions</c>: prints the code that completes commands and options in a shell.</summary>
internal static class CompletionsCommand
{
    /// <summary>Each asks the program itself what fits, by the directive [suggest:POSITION] and the line without the program's name.</summary>
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _meaibudget() {
              local line="${COMP_LINE#* }" IFS=$'\n'
              local position=$((COMP_POINT - ${#COMP_LINE} + ${#line}))
              COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$position]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _meaibudget meaibudget
            """,
        ["zsh"] = """
            _meaibudget() {
              local line="${BUFFER#* }"
              local -a found
              found=("${(@f)$(meaibudget "[suggest:$((CURSOR - ${#BUFFER} + ${#line}))]" "$line" 2>/dev/null)}")
              compadd -a found || _files
            }
            compdef _meaibudget meaibudget
            """,
        ["fish"] = """
            function __meaibudget
              set -l line (string replace -r '^\S+\s*' '' -- (commandline -cp))
              meaibudget "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -c meaibudget -a '(__meaibudget)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName meaibudget -ScriptBlock {
              param($word, $ast, $position)
              $line = $ast.ToString() -replace '^\S+\s*', ''
              meaibudget "[suggest:$($line.Length)]" "$line" | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
            }
            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "The shell." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completions", "Prints the code that completes commands and options in bash, zsh, fish or PowerShell (pwsh).") { shell };
        command.SetAction((parsed, _) => parsed.InvocationConfiguration.Output.WriteLineAsync(Scripts[parsed.GetRequiredValue(shell)]));
        return command;
    }
}
