using System.Xml.Linq;

namespace MeaiBudget.Tests;

/// <summary>The samples build outside of this repository, from the packages, and run.</summary>
public sealed class SamplePackageTests(PackedPackages packages)
{
    [Fact]
    public async Task EverySampleBuildsFromThePackagesAndTheAgentRuns()
    {
        string folder = await packages.NewFolderWithFeedAsync("samples");
        File.Copy(RepositoryFolder.PathOf("Directory.Packages.props"), Path.Combine(folder, "Directory.Packages.props"));
        using Package core = packages.Open("MeaiBudget");
        await File.WriteAllTextAsync(Path.Combine(folder, "Directory.Build.props"), """
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><RootNamespace>Samples</RootNamespace>
                <Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
            </Project>
            """);

        List<string> projects = [];
        foreach (string source in Directory.EnumerateFiles(RepositoryFolder.PathOf("samples"), "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(RepositoryFolder.PathOf("samples"), source);
            if (relative.Split(Path.DirectorySeparatorChar) is [_, "bin" or "obj", ..] or ["Directory.Build.props"])
            {
                continue;
            }

            string copy = Path.Combine(folder, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(source, copy);
            if (copy.EndsWith(".csproj", StringComparison.Ordinal))
            {
                UsePackages(copy, core.Version);
                projects.Add(copy);
            }
        }

        (await CommandLine.RunAsync("dotnet", ["new", "sln", "-n", "samples", "--format", "sln"], folder)).Succeeded();
        (await CommandLine.RunAsync("dotnet", ["sln", "samples.sln", "add", .. projects], folder)).Succeeded();
        CommandLine built = await CommandLine.RunAsync("dotnet", ["build", "samples.sln", "-c", "Release"], folder, packages.OwnPackageFolder);

        // The analyzers come from their package, too, and have nothing to say about the samples.
        Assert.DoesNotContain("warning MB1", built.Succeeded().Output, StringComparison.Ordinal);
        Assert.DoesNotContain("CS8032", built.Output, StringComparison.Ordinal);

        string agent = Path.Combine(folder, "AgentWithTools", "bin", "Release", "net10.0", "AgentWithTools.dll");
        CommandLine run = await CommandLine.RunAsync("dotnet", [agent], folder, new Dictionary<string, string?> { ["OPENAI_API_KEY"] = null });
        Assert.Contains("The budget of the run ended the agent.", run.Succeeded().Output, StringComparison.Ordinal);
    }

    private static void UsePackages(string project, string version)
    {
        var document = XDocument.Load(project);
        foreach (XElement reference in document.Descendants("ProjectReference").ToArray())
        {
            string name = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'));
            if (name.StartsWith("MeaiBudget", StringComparison.Ordinal))
            {
                reference.ReplaceWith(new XElement("PackageReference", new XAttribute("Include", name), new XAttribute("VersionOverride", version)));
            }
        }

        document.Save(project);
    }
}
