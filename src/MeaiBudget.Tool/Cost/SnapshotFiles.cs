using MeaiBudget.Testing;

namespace MeaiBudget.Tool;

/// <summary>Reads snapshots: a file, or all files of a folder.</summary>
internal static class SnapshotFiles
{
    /// <summary>Reads a snapshot. The scenarios of a folder's files are named by the folder of their file, too.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or the folder has none.</exception>
    /// <exception cref="FormatException">A file is not a snapshot.</exception>
    public static CostSnapshot Read(string path)
    {
        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? CostSnapshot.Load(path) : throw new FileNotFoundException($"'{path}' does not exist. Name a {CostSnapshot.FileName}, which cost tests write with SaveSnapshot().");
        }

        string[] files = [.. Directory.EnumerateFiles(path, CostSnapshot.FileName, SearchOption.AllDirectories)
            .Where(file => !IsOutput(Path.GetRelativePath(path, file))).Order(StringComparer.Ordinal)];
        var all = new CostSnapshot();
        foreach (string file in files)
        {
            string folder = Path.GetRelativePath(path, Path.GetDirectoryName(file)!).Replace('\\', '/');
            foreach ((string name, ScenarioSnapshot scenario) in CostSnapshot.Load(file).Scenarios)
            {
                all.Add(folder == "." ? name : $"{folder}: {name}", scenario);
            }
        }

        return files.Length > 0 ? all : throw new FileNotFoundException($"The folder '{path}' has no {CostSnapshot.FileName}.");
    }

    private static bool IsOutput(string path) => path.Split('/', '\\').Any(part => part is "bin" or "obj" or ".git");
}
