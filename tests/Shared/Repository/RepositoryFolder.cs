namespace MeaiBudget.Tests;

/// <summary>The folder of the project's sources, found from where the tests run.</summary>
internal static class RepositoryFolder
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MeaiBudget.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("MeaiBudget.sln is in no folder above the test's own.");
    }
}
