namespace MeaiBudget.Testing;

/// <summary>Finds files beside the source file of a test.</summary>
internal static class SourceFolder
{
    /// <summary>Returns the full path of a file.</summary>
    /// <param name="path">The path, relative to the folder of the source file.</param>
    /// <param name="source">The source file.</param>
    /// <exception cref="DirectoryNotFoundException">The folder of the source file does not exist.</exception>
    public static string PathOf(string path, string source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Path.IsPathFullyQualified(path))
        {
            return path;
        }

        string? folder = Path.GetDirectoryName(source);
        return folder is { Length: > 0 } && Directory.Exists(folder) ? Path.GetFullPath(path, folder) : throw new DirectoryNotFoundException(
            $"'{path}' is relative to the folder of the test's source file, but '{folder}' does not exist. The test was compiled on another machine, or with deterministic source paths. Pass a full path, or set <DeterministicSourcePaths>false</DeterministicSourcePaths> in the test project.");
    }
}
