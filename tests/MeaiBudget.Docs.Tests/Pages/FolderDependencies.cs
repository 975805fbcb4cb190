using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MeaiBudget.Tests;

/// <summary>Which folders of the core use types of which others, as the compiler understands the sources.</summary>
internal static class FolderDependencies
{
    private static readonly string Core = RepositoryFolder.PathOf("src", "MeaiBudget");

    /// <summary>Each use of a folder's type in another folder: who, whose, and one place where.</summary>
    public static IReadOnlyDictionary<(string From, string To), string> Find()
    {
        string[] files = [.. Directory.EnumerateFiles(Core, "*.cs", SearchOption.AllDirectories)
            .Where(file => FolderOf(file) is not ("obj" or "bin"))];
        SyntaxTree[] trees = [.. files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file)), CSharpSyntaxTree.ParseText(CompilerInput.ImplicitUsings)];
        IEnumerable<MetadataReference> references = CompilerInput.References.Where(reference => Path.GetFileName(reference.FilePath) != "MeaiBudget.dll");
        CSharpCompilation compilation = CSharpCompilation.Create("MeaiBudget", trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var uses = new Dictionary<(string From, string To), string>();
        foreach (SyntaxTree tree in trees.Where(tree => tree.FilePath.Length > 0))
        {
            SemanticModel model = compilation.GetSemanticModel(tree);
            string from = FolderOf(tree.FilePath);
            foreach (SimpleNameSyntax name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                if (model.GetSymbolInfo(name).Symbol is { } symbol
                    && ((symbol as INamedTypeSymbol) ?? symbol.ContainingType)?.Locations.FirstOrDefault(location => location.IsInSource) is { } declared
                    && FolderOf(declared.SourceTree!.FilePath) is var to && to != from)
                {
                    uses.TryAdd((from, to), $"{Path.GetFileName(tree.FilePath)}({name.GetLocation().GetLineSpan().StartLinePosition.Line + 1}): {name}");
                }
            }
        }

        return uses;
    }

    /// <summary>The folder of the core in which a file lies.</summary>
    public static string FolderOf(string file) => Path.GetRelativePath(Core, file).Split(Path.DirectorySeparatorChar)[0];
}
