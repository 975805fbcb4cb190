namespace MeaiBudget.Testing;

/// <summary>Finds files beside the source file of a test.</summary>
internal static class SourceFolder
{
    /// <summary>Returns the full path of a file.</summary>
    /// <param name="path">The path, relative to the folder of the source file.</param>
    /// <param name="source">The source file, as the compiler knew it.</param>
    /// <exception cref="DirectoryNotFoundException">The folder of the source file does not exist.</exception>
    public static string PathOf(string path, string source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Path.IsPathFullyQualified(path))
        {
            return path;
        }

        string? folder = Path.GetDirectoryName(source);
        if (folder is { Length: > 0 } && Directory.Exists(folder))
        {
            return Path.GetFullPath(path, Path.GetFullPath(folder));
        }

        return Moved(source) is { } moved ? Path.GetFullPath(path, moved) : throw new DirectoryNotFoundException(
            $"'{path}' is relative to the folder of the test's source file, but '{folder}' does not exist. The test was compiled on another machine. Pass a full path.");
    }

    /// <summary>
    /// Finds the folder of a source file whose path the compiler mapped (deterministic builds write <c>/_/</c> for the root), or that was moved
    /// with its output: the same file below a folder above the test's output. Null if there is none.
    /// </summary>
    private static string? Moved(string source)
    {
        string[] parts = source.Split('/', '\\');
        for (DirectoryInfo? above = new(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            for (int first = 1; first < parts.Length; first++)
            {
                string file = Path.Combine([above.FullName, .. parts[first..]]);
                if (File.Exists(file))
                {
                    return Path.GetDirectoryName(file);
                }
            }
        }

        return null;
    }
}
