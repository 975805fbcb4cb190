using System.Collections.Immutable;
using System.Composition;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace MeaiBudget.Analyzers;

/// <summary>Moves a layer below another one, or removes one that must not be there.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(LayerCodeFix))]
[Shared]
public sealed class LayerCodeFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } =
    [
        RuleIds.BudgetOutsideFunctionInvocation,
        RuleIds.BudgetOutsideCache,
        RuleIds.RetryOutsideFunctionInvocation,
        RuleIds.FallbackOutsideFunctionInvocation,
        RuleIds.LoggingBelowRedaction,
        RuleIds.TrackerTwice,
    ];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model)
        {
            return;
        }

        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            if (SyntaxOfChains.CallAt(root, diagnostic.Location) is not { } call || SyntaxOfChains.ReceiverOf(call, model) is null)
            {
                continue;
            }

            if (HasDirective(call))
            {
                continue;
            }

            string name = NameOf(call);
            if (diagnostic.Id is RuleIds.LoggingBelowRedaction or RuleIds.TrackerTwice)
            {
                context.RegisterCodeFix(CodeAction.Create($"Remove {name}", token => RemoveAsync(context.Document, call, token), nameof(RemoveAsync)), diagnostic);
            }
            else if (diagnostic.AdditionalLocations is { Count: > 0 } others && others[0] is { } location && location.SourceTree == root.SyntaxTree
                && SyntaxOfChains.CallAt(root, location) is { } inner && SyntaxOfChains.ReceiverOf(inner, model) is not null && !HasDirective(inner)
                && (inner.Expression.Contains(call) || (call.Parent is ExpressionStatementSyntax first && inner.Parent is ExpressionStatementSyntax second && first.Parent?.Parent == second.Parent?.Parent)))
            {
                context.RegisterCodeFix(CodeAction.Create($"Put {name} below {NameOf(inner)}", token => MoveAsync(context.Document, call, inner, token), nameof(MoveAsync)), diagnostic);
            }
        }
    }

    private static string NameOf(InvocationExpressionSyntax call) => ((MemberAccessExpressionSyntax)call.Expression).Name.Identifier.Text;

    private static async Task<Document> RemoveAsync(Document document, InvocationExpressionSyntax call, CancellationToken token)
    {
        DocumentEditor editor = await DocumentEditor.CreateAsync(document, token).ConfigureAwait(false);
        ExpressionSyntax receiver = ((MemberAccessExpressionSyntax)call.Expression).Expression;

        // A statement that is the call alone has nothing left to do.
        if (call.Parent is ExpressionStatementSyntax statement && receiver is IdentifierNameSyntax)
        {
            editor.RemoveNode(statement.Parent is GlobalStatementSyntax global ? global : statement, SyntaxRemoveOptions.KeepUnbalancedDirectives);
        }
        else
        {
            editor.ReplaceNode(call, receiver.WithTrailingTrivia(Joined(receiver.GetTrailingTrivia(), call.GetTrailingTrivia())));
        }

        return editor.GetChangedDocument();
    }

    private static async Task<Document> MoveAsync(Document document, InvocationExpressionSyntax outer, InvocationExpressionSyntax inner, CancellationToken token)
    {
        DocumentEditor editor = await DocumentEditor.CreateAsync(document, token).ConfigureAwait(false);
        if (!inner.Expression.Contains(outer))
        {
            SyntaxNode from = StatementOf(outer);
            editor.RemoveNode(from, SyntaxRemoveOptions.KeepUnbalancedDirectives);
            editor.InsertAfter(StatementOf(inner), from);
            return editor.GetChangedDocument();
        }

        // "a.Outer().Inner()" becomes "a.Inner().Outer()"; line breaks stay where they are, and comments stay with their call.
        var access = (MemberAccessExpressionSyntax)outer.Expression;
        ExpressionSyntax below = inner.ReplaceNode(outer, access.Expression).WithTrailingTrivia(Joined(inner.GetTrailingTrivia(), access.Expression.GetTrailingTrivia()));
        InvocationExpressionSyntax moved = SyntaxFactory.InvocationExpression(
            SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, below, access.OperatorToken, access.Name),
            outer.ArgumentList.WithTrailingTrivia(Joined(outer.GetTrailingTrivia(), inner.GetTrailingTrivia())));
        editor.ReplaceNode(inner, moved);
        return editor.GetChangedDocument();
    }

    /// <summary>Joins the comments of one trailing trivia with the white space and line breaks of another one. A line comment always gets a line break.</summary>
    private static SyntaxTriviaList Joined(SyntaxTriviaList comments, SyntaxTriviaList breaks)
    {
        SyntaxTrivia[] said = [.. comments.Where(IsComment).SelectMany(static comment => new[] { SyntaxFactory.Space, comment })];
        SyntaxTrivia[] rest = [.. breaks.Where(static trivia => !IsComment(trivia))];
        int lineBreak = System.Array.FindIndex(rest, static trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia));
        if (said.Length == 0)
        {
            return SyntaxFactory.TriviaList(lineBreak < 0 ? rest : rest.Skip(lineBreak));
        }

        bool isLine = said[said.Length - 1].IsKind(SyntaxKind.SingleLineCommentTrivia);
        return SyntaxFactory.TriviaList(said.Concat(lineBreak >= 0 ? rest.Skip(lineBreak) : isLine ? [SyntaxFactory.ElasticCarriageReturnLineFeed] : rest));
    }

    private static bool IsComment(SyntaxTrivia trivia) => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia);

    /// <summary>True if a chain has a directive such as #if at or below a call, which would lose its end if calls were moved.</summary>
    private static bool HasDirective(InvocationExpressionSyntax call) => call.DescendantTrivia().Any(static trivia => trivia.IsDirective);

    private static SyntaxNode StatementOf(InvocationExpressionSyntax call) => call.Parent is { Parent: GlobalStatementSyntax global } ? global : call.Parent!;
}
