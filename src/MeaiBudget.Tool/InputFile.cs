namespace MeaiBudget.Tool;

/// <summary>Checks that a file which a command names can be read.</summary>
internal static class InputFile
{
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="IOException">The path is that of a folder.</exception>
    public static void Check(string path, string what = "file")
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"'{path}' is a folder. Name a {what}.");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"The {what} '{(what == "file" ? path : Path.GetFullPath(path))}' does not exist.");
        }
    }
}
