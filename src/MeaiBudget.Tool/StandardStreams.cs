namespace MeaiBudget.Tool;

/// <summary>Standard output and standard error of the process.</summary>
internal static class StandardStreams
{
    private static TextWriter? s_output;
    private static TextWriter? s_error;

    /// <summary>Gets standard output as it is, for consoles that send control codes of their own.</summary>
    public static TextWriter Output => s_output ?? Console.Out;

    /// <summary>Gets standard error as it is, for consoles that send control codes of their own.</summary>
    public static TextWriter Error => s_error ?? Console.Error;

    /// <summary>
    /// Writes control characters as escapes in all that is written without a table, because it repeats names that callers chose: in messages
    /// of exceptions, in notes.
    /// </summary>
    public static void Protect()
    {
        s_output = new StandardWriter(Console.Out, isError: false);
        s_error = new StandardWriter(Console.Error, isError: true);
        Console.SetOut(new PrintableWriter(s_output));
        Console.SetError(new PrintableWriter(s_error));
    }

    /// <summary>Returns a writer without the protection that <see cref="Protect"/> gives it.</summary>
    /// <remarks>The console wraps the writers that it is given, so their type does not tell what they are.</remarks>
    public static TextWriter Unprotected(TextWriter writer) =>
        ReferenceEquals(writer, Console.Out) ? Output : ReferenceEquals(writer, Console.Error) ? Error : writer is PrintableWriter { Inner: var inner } ? Unprotected(inner) : writer;
}
