using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MeaiBudget.Tool;

/// <summary>Writes the help of a command, and its examples below it.</summary>
/// <param name="help">Writes the help.</param>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = help.Invoke(parseResult);
        (string Arguments, string What)[] examples = CommandExamples.Of(CommandExamples.PathOf(parseResult.CommandResult));
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (examples.Length > 0)
        {
            output.WriteLine("Examples:");
            foreach ((string arguments, string what) in examples)
            {
                output.WriteLine($"  # {what}");
                output.WriteLine($"  {(arguments.Contains("meaibudget", StringComparison.Ordinal) ? arguments : $"meaibudget {arguments}")}");
            }

            output.WriteLine();
        }

        return exitCode;
    }
}
