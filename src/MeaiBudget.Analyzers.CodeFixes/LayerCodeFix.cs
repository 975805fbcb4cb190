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

            string name = NameOf(call);
            if (diagnostic.Id is RuleIds.LoggingBelowRedaction or RuleIds.TrackerTwice)
            {
                context.RegisterCodeFix(CodeAction.Create($"Remove {name}", token => RemoveAsync(context.Document, call, token), nameof(RemoveAsync)), diagnostic);
            }
            else if (diagnostic.AdditionalLocations is { Count: > 0 } others && others[0] is { } location && location.SourceTree == root.SyntaxTree
                && SyntaxOfChains.CallAt(root, location) is { } inner && SyntaxOfChains.ReceiverOf(inner, model) is not null
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
            editor.ReplaceNode(call, receiver.WithTrailingTrivia(call.GetTrailingTrivia()));
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

        // "a.Outer().Inner()" becomes "a.Inner().Outer()"; line breaks stay where they are.
        var access = (MemberAccessExpressionSyntax)outer.Expression;
        ExpressionSyntax below = inner.ReplaceNode(outer, access.Expression).WithTrailingTrivia(access.Expression.GetTrailingTrivia());
        InvocationExpressionSyntax moved = SyntaxFactory.InvocationExpression(
            SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, below, access.OperatorToken, access.Name),
            outer.ArgumentList.WithTrailingTrivia(inner.GetTrailingTrivia()));
        editor.ReplaceNode(inner, moved);
        return editor.GetChangedDocument();
    }

    private static SyntaxNode StatementOf(InvocationExpressionSyntax call) => call.Parent is { Parent: GlobalStatementSyntax global } ? global : call.Parent!;
}
